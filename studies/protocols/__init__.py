"""The shelf of protocols: what a participant is asked to do in a trial. One file is one plug-in.

To add one, copy ``decision.py``, change it and run the tests. Installing a plug-in is running its code.
"""

from __future__ import annotations

from analysis.core.registry import Registry
from studies.protocols.stages import Protocol

shelf: Registry[type[Protocol]] = Registry(
    kind="protocol", shelf="studies.protocols", group="assay.protocols"
)
register = shelf.register


def protocol_names() -> list[str]:
    """Return the names of the protocols that are installed, sorted.

    Returns
    -------
    list of str

    Examples
    --------
    >>> "judge_advisor" in protocol_names()
    True
    """
    return shelf.names()


def get_protocol(name: str) -> Protocol:
    """Return the protocol of that name.

    Parameters
    ----------
    name : str
        As in the study file.

    Returns
    -------
    Protocol

    Raises
    ------
    UnknownPluginError
        When no installed protocol has that name; the message lists those there are.

    Examples
    --------
    >>> get_protocol("decision").name
    'decision'
    """
    return shelf.get(name)()


__all__ = ["Protocol", "get_protocol", "protocol_names", "register", "shelf"]
