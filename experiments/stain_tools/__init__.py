"""Does the stain normaliser agree with torchstain, and how fast is each?"""
