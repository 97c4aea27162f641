"""Adding a layer by its name, from the palette, the quick-add list or the outline alike."""

from __future__ import annotations

from nnstudio.nn.layer import Layer
from nnstudio.project import commands
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas import placing
from nnstudio.ui.canvas.drops import layer_title


def add_layer(bridge: Bridge, layer: Layer, room: float = 4 * placing.COLUMN) -> bool:
    """Add a layer behind the selected card, or behind the end of the network, and select it.

    `room` is the width, in scene pixels, at which a row breaks.
    """
    project = bridge.store.project
    id = commands.next_id(project, layer)
    after = placing.end_of_network(project.graph, bridge.selection)
    label = f"Add {layer_title(layer)}"
    done = bridge.do(label, placing.add_behind, layer, after, id, max(room, 2 * placing.COLUMN))
    if done:
        bridge.select([id])
    return done
