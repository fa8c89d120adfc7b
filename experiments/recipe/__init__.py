"""Which parts of a practitioner's recipe earn their place?"""
