"""Which part of a photograph should the network see, and how large a part?"""
