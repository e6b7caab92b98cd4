"""The holding page: what the screen's browser shows while the controller does not serve the page."""

import html
import urllib.parse

from kiosk.display.texts import Texts

STYLE = (
    "html{height:100%;background:#0d3b45;color:#fff;font-family:'Noto Sans',sans-serif;text-align:center}"
    "body{height:100%;margin:0;display:flex;flex-direction:column;justify-content:center;gap:6vmin}"
    "h1{font-size:8vmin;margin:0 4vmin}p{font-size:5vmin;margin:2vmin 4vmin}"
)


def holding_page(texts: Texts) -> str:
    """Return the address of the holding page (RFC 2397): "please see the officer" in every language of the site."""
    blocks = []
    for language in texts.languages:
        headline, instruction = (html.escape(texts.say(language, f"page.lost.{part}")) for part in _PARTS)
        blocks.append(f'<div lang="{html.escape(language)}"><h1>{headline}</h1><p>{instruction}</p></div>')
    page = f'<!doctype html><meta charset="utf-8"><title>kiosk</title><style>{STYLE}</style>{"".join(blocks)}'
    return "data:text/html;charset=utf-8," + urllib.parse.quote(page, safe="")


_PARTS = ("headline", "instruction")
