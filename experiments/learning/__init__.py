"""How well does the default training do, and in how many minutes?"""
