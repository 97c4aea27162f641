"""Where one looks: zoom at the pointer, pan, fit, and cards that glide instead of jumping."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QPoint, QPointF, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QFrame, QGestureEvent, QGraphicsView, QPinchGesture, QWidget

from nnstudio.ui import theme
from nnstudio.ui.canvas.scene import CanvasScene

LEAST_ZOOM, MOST_ZOOM = 0.15, 3.0
MARGIN = 28.0
_GLIDE = 180  # milliseconds


class Camera(QGraphicsView):
    """Looks at the scene. It follows the network until somebody pans or zooms by hand."""

    def __init__(self, canvas: CanvasScene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.following = True
        self._glide: QVariantAnimation | None = None
        self.setScene(canvas)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setMinimumSize(260, 160)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)

    def looked(self) -> None:
        """Called after every change of what is on the screen."""

    @property
    def zoom(self) -> float:
        return float(self.transform().m11())

    def centre(self) -> QPointF:
        """The point of the scene in the middle of the screen."""
        return self.visible_rect().center()

    def visible_rect(self) -> QRectF:
        """What of the scene is on the screen."""
        back, _ = self.viewportTransform().inverted()
        return back.mapRect(QRectF(self.viewport().rect()))

    def look_at(self, centre: QPointF) -> None:
        """Bring a point of the scene into the middle."""
        self.following = False
        self.centerOn(centre)
        self.looked()

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zoom, keeping the point of the scene under `at` (the middle if None) where it is."""
        wanted = max(LEAST_ZOOM, min(MOST_ZOOM, self.zoom * factor))
        factor = wanted / self.zoom
        if abs(factor - 1) < 1e-6:
            return
        self.following = False
        at = at if at is not None else self.viewport().rect().center()
        before = self.mapToScene(at)
        self.scale(factor, factor)
        moved = self.mapToScene(at) - before
        self.translate(moved.x(), moved.y())
        self.looked()

    def zoom_to(self, zoom: float) -> None:
        """Draw at this size."""
        self.zoom_by(zoom / self.zoom)

    def fit(self) -> None:
        """Show the whole network in the middle, at most half as large again as life."""
        self._show_all(1.5)

    def home(self) -> None:
        """Show the whole network at its own size if it fits, from the top left as one reads."""
        self._show_all(1.0)

    def _show_all(self, most: float) -> None:
        content = self.canvas.content_rect()
        room = self.viewport().size()
        width, height = room.width() - MARGIN - 10, room.height() - 2 * MARGIN
        zoom = min(most, max(1.0, width) / content.width(), max(1.0, height) / content.height())
        zoom = max(LEAST_ZOOM, zoom)
        self.resetTransform()
        self.scale(zoom, zoom)
        if most <= 1.0:
            corner = content.topLeft() - QPointF(MARGIN, MARGIN) / zoom
            self.centerOn(corner + QPointF(room.width(), room.height()) / 2 / zoom)
        else:
            self.centerOn(content.center())
        self.following = True
        self.looked()

    def show_card(self, id: str) -> None:
        """Bring a card onto the screen if it is not there."""
        card = self.canvas.cards.get(id)
        if card is not None and not self.visible_rect().contains(card.rect):
            if self.following:
                self.home()
            else:
                self.ensureVisible(card.rect, 40, 40)
                self.looked()

    def glide_from(self, before: dict[str, QPointF]) -> None:
        """Let the cards glide from where they stood, unless motion is switched off."""
        after = {id: card.pos() for id, card in self.canvas.cards.items()}
        moved = {id for id, pos in after.items() if id in before and before[id] != pos}
        if not moved or theme.reduced_motion() or not self.isVisible():
            return
        self.end_glide()
        glide = self._glide = QVariantAnimation(self)
        glide.setDuration(_GLIDE)
        glide.setStartValue(0.0)
        glide.setEndValue(1.0)
        glide.setEasingCurve(QEasingCurve.Type.OutCubic)

        def show(share: float) -> None:
            self.canvas.preview_positions(
                {id: before[id] + (after[id] - before[id]) * share for id in moved}
            )

        glide.valueChanged.connect(show)
        glide.finished.connect(self.end_glide)
        glide.start()

    def end_glide(self) -> None:
        """Put gliding cards where they belong."""
        if self._glide is not None:
            glide, self._glide = self._glide, None
            glide.stop()
            glide.deleteLater()
            self.canvas.end_preview()

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle, held = event.pixelDelta(), event.angleDelta(), event.modifiers()
        touchpad = event.device().type() == QInputDevice.DeviceType.TouchPad
        zooms = bool(held & Qt.KeyboardModifier.ControlModifier) or not touchpad
        if zooms and not held & Qt.KeyboardModifier.ShiftModifier:
            self.zoom_by(1.0015 ** angle.y(), event.position().toPoint())
        else:
            away = QPointF(pixels if not pixels.isNull() else angle / 2)
            if held & Qt.KeyboardModifier.ShiftModifier and away.x() == 0:
                away = QPointF(away.y(), 0)
            self.look_at(self.centre() - away / self.zoom)
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom_by(1.0 + event.value(), event.position().toPoint())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                at = self.viewport().mapFromGlobal(pinch.centerPoint().toPoint())
                self.zoom_by(pinch.scaleFactor(), at)
                return True
        return super().viewportEvent(event)
