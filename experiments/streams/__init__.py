"""Are two streams better than one at equal cost?"""
