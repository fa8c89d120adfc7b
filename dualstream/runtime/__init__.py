"""Where and how a command runs: devices, hosts, whole files, and what all commands share."""
