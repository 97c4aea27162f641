"""The canvas: the network as cards and wires, and every way to edit it."""
