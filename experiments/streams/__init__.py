"""Do two streams, one of them slower, earn their keep?"""
