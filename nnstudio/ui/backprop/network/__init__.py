"""Network mode of the backprop panel: the real network, stepped with its real numbers."""
