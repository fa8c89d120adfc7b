"""How good a network is, and why it decided as it did: scores and explanations."""
