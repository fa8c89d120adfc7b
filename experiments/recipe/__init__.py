"""Which parts of a training recipe help?"""
