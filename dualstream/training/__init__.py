"""How a network is trained: its recipe, its run's folder, and what happens at each step."""
