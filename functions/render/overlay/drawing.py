"""The whole overlay of one video."""

from functions.render.captions import Caption
from functions.render.order import RenderOrder
from functions.render.overlay.ass import LANDSCAPE, PORTRAIT, Script
from functions.render.overlay.card import draw_card
from functions.render.overlay.scenes import draw_captions, draw_mark, draw_progress, draw_tags, draw_title
from functions.render.timeline import FRAME_RATE, Timeline


def overlay_of(order: RenderOrder, timeline: Timeline, captions: list[Caption], moments_s: list[float]) -> str:
    """The ASS script that is drawn over the pictures.

    Args:
        order: whose dish, session and lesson are written.
        timeline: when.
        captions: what is said.
        moments_s: when in the video the key moment is seen, seconds; more than once if the clip is looped.
    """
    script = Script(PORTRAIT if order.media.portrait else LANDSCAPE)
    outro_s = timeline.outro_frame / FRAME_RATE
    draw_progress(script, timeline)
    draw_tags(script, timeline, order.dish_name, order.session_number)
    draw_mark(script, moments_s, outro_s)
    draw_captions(script, captions)
    draw_title(script, order.dish_name, order.session_number)
    draw_card(
        script,
        dish=order.dish_name,
        session_number=order.session_number,
        next_action=order.next_action,
        success_sign=order.success_sign,
        seen=(outro_s, timeline.duration_s),
    )
    return str(script)
