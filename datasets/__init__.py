"""The data sets that dualstream brings along, as TFDS builders."""
