"""The panels in the docks. Each gets the bridge and nothing else."""
