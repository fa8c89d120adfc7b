"""What does it gain to start from a network that was trained on other photographs?"""
