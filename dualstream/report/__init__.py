"""What a finished run leaves for people: its page, its plots and its TensorBoard logs."""
