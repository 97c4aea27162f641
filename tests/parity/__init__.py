"""Parity with PyTorch: an optional job, skipped where PyTorch is not installed.

In an environment of its own, because PyTorch's thread pool and NumPy's slow each other down:
``pip install torch==2.13.0 numpy scipy scikit-learn pytest pytest-timeout`` and then
``python -m pytest tests/parity``.
"""
