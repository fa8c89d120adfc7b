"""`cassava_crop`: photographs of cassava leaves, with the leaf grid that a smart crop needs."""
