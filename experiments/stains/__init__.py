"""Does it help to normalise stains before a network sees slides of another scanner?"""
