"""TFDS builders of photographs of leaves, each photograph with its leaf grid."""
