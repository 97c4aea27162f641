"""The backprop inspector: an expression worked node by node, and the network itself."""
