"""Everything that can be done to a project, as pure functions Project → Project.

No command touches a view, and each can be undone by going back to the earlier value. A command
that changes nothing returns the very project it was given. A learner's impossible wish (a wire
that would close a circle) raises `ProblemError`; an unknown id is a programmer's mistake and
raises `KeyError`.
"""

from nnstudio.project.commands.arranging import align, is_tidy, make_room, move, move_loss, tidy
from nnstudio.project.commands.cards import (
    add_node,
    change_layer,
    configure_layer,
    delete,
    rename,
    snap_activation,
)
from nnstudio.project.commands.clipboard import copy, duplicate, paste
from nnstudio.project.commands.settings import (
    change_loss,
    change_training,
    configure_data,
    configure_training,
    rename_project,
    set_data,
    set_learning_rate,
    set_trained,
)
from nnstudio.project.commands.wires import connect, disconnect, insert_on_edge, put_on_edge
from nnstudio.project.names import next_id

__all__ = [
    "add_node",
    "align",
    "change_layer",
    "change_loss",
    "change_training",
    "configure_data",
    "configure_layer",
    "configure_training",
    "connect",
    "copy",
    "delete",
    "disconnect",
    "duplicate",
    "insert_on_edge",
    "is_tidy",
    "make_room",
    "move",
    "move_loss",
    "next_id",
    "paste",
    "put_on_edge",
    "rename",
    "rename_project",
    "set_data",
    "set_learning_rate",
    "set_trained",
    "snap_activation",
    "tidy",
]
