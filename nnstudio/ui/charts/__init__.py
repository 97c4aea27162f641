"""Line charts painted by hand: decimated to the pixel, in the theme's colours, fit to export."""

from nnstudio.ui.charts.chart import Chart, Figure, Line, Marker

__all__ = ["Chart", "Figure", "Line", "Marker"]
