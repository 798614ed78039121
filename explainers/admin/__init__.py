"""The experimenter's view of the engine: lists to look at, pages that bring things in, how far the jobs are."""

from explainers.admin.lists import gate_shown, rendering_preview

__all__ = ["gate_shown", "rendering_preview"]
