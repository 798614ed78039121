"""Who comes in, who gets which slot, who leaves: every write of this app."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from studies.design.models import Recruitment, StudyVersion
from studies.design.selectors import version_spec
from studies.design.sessions import CODE, LINK, lets_back_by
from studies.enrolment.attrition import attrition_watch
from studies.enrolment.claims import slot_claim
from studies.enrolment.models import (
    Completion,
    Consent,
    Identifier,
    Invitation,
    Participant,
    Withdrawal,
)
from studies.enrolment.tokens import (
    CODE_LENGTH,
    CODE_LETTERS,
    new_code,
    new_public_id,
    new_token,
    resume_code,
    token_digest,
    token_from,
)
from studies.errors import AnswerConflict, StudyClosed

__all__ = [
    "Pay",
    "completion_mint",
    "consent_record",
    "invitation_exchange",
    "invitations_create",
    "participant_enrol",
    "participant_return",
    "participant_withdraw",
    "recruitment_require_open",
    "simulated_clock_set",
    "slot_claim",
    "token_renew",
]

NOT_OPEN = "This study does not take new participants at the moment."
LINK_USED = "This link was already used. Please continue in the browser in which you opened it first."
LINK_UNKNOWN = "This link is not valid. Please check that you copied all of it."
CODE_UNKNOWN = "This code is not valid. Please check that you typed all of it."
IDENTIFIER_LENGTH = 200

Known = tuple[str, str]
"""What names a person outside: (kind, value), for example ("prolific", the Prolific id)."""


def participant_enrol(
    *,
    version: StudyVersion,
    is_simulated: bool = False,
    policy: str = "",
    identifiers: Iterable[Known] = (),
    visit: str = "",
    language: str = "",
) -> tuple[Participant, str]:
    """Enrol a person and return them with their token; a person who is known already is resumed, never doubled.

    ``visit`` is the random word of the page on which they pressed start: the same word gives the same token.
    """
    known = [(kind, value[:IDENTIFIER_LENGTH]) for kind, value in identifiers if value]
    token = token_from(visit, purpose="visit") if visit else new_token()
    found = _participant_of(version=version, known=known, token=token)
    if found is None:
        if not is_simulated:
            recruitment_require_open(version=version)
        try:
            with transaction.atomic():
                new = _participant_new(
                    version=version,
                    token=token,
                    known=known,
                    is_simulated=is_simulated,
                    policy=policy,
                    language=language,
                )
                return new, token
        except IntegrityError:  # the same person, a moment earlier: the unique key let one of us through
            found = _participant_of(version=version, known=known, token=token)
            if found is None:
                raise
    token_renew(participant=found, token=token)
    return found, token


def recruitment_require_open(*, version: StudyVersion) -> None:
    """Raise StudyClosed unless the version is launched and open."""
    if (
        version.launched_at is None
        or not Recruitment.objects.filter(version=version, state=Recruitment.State.OPEN).exists()
    ):
        raise StudyClosed(NOT_OPEN)


def token_renew(*, participant: Participant, token: str) -> None:
    """Give a participant a new token; whatever cookie held another one is worth nothing from now on."""
    digest = token_digest(token)
    if participant.token_digest != digest:
        Participant.objects.filter(pk=participant.pk).update(token_digest=digest)
        participant.token_digest = digest


def invitations_create(
    *, version: StudyVersion, count: int, is_simulated: bool = False, policies: Sequence[str] = ()
) -> list[str]:
    """Make invitations and return their tokens, which are not kept; policies are dealt out in turn."""
    tokens = [new_token() for _ in range(count)]
    Invitation.objects.bulk_create(
        Invitation(
            version=version,
            token_digest=token_digest(token),
            is_simulated=is_simulated,
            policy=policies[i % len(policies)] if policies else "",
        )
        for i, token in enumerate(tokens)
    )
    return tokens


@transaction.atomic
def invitation_exchange(*, token: str, language: str = "") -> tuple[Participant, str]:
    """Exchange an invitation for a participant and their token, once.

    A reply may be lost on its way, so the exchange can be repeated, with the same result, until the person has sent
    their first answer; where the study lets people back by their link, afterwards too, with a new token.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("version", "participant")
        .filter(token_digest=token_digest(token))
        .first()
    )
    if invitation is None:
        raise StudyClosed(LINK_UNKNOWN)
    cookie = token_from(token, purpose="invitation")
    if invitation.participant is not None:
        found = invitation.participant
        if not _has_begun(found):
            return found, cookie
        if not lets_back_by(version_spec(found.version_id), LINK):
            raise AnswerConflict(LINK_USED)
        cookie = new_token()
        token_renew(participant=found, token=cookie)
        return found, cookie
    if not invitation.is_simulated:
        recruitment_require_open(version=invitation.version)
    participant = _participant_new(
        version=invitation.version,
        token=cookie,
        known=[],
        is_simulated=invitation.is_simulated,
        policy=invitation.policy,
        language=language,
    )
    invitation.participant = participant
    invitation.save(update_fields=["participant"])
    return participant, cookie


def participant_return(*, code: str, slug: str) -> tuple[Participant, str]:
    """Let whoever brings a participant's code go on, with a new token; ``StudyClosed`` when it is nobody's."""
    letters = "".join(letter for letter in code.upper() if letter in CODE_LETTERS)
    found = Participant.objects.filter(resume_digest=token_digest(letters), version__study__slug=slug).first()
    if found is None or len(letters) != CODE_LENGTH:
        raise StudyClosed(CODE_UNKNOWN)
    token = new_token()
    token_renew(participant=found, token=token)
    return found, token


def simulated_clock_set(*, participant: Participant, to: datetime) -> None:
    """Set the clock of a simulated participant ahead; the database refuses it for anybody else."""
    ahead = max(0, math.ceil((to - timezone.now()).total_seconds()))
    Participant.objects.filter(pk=participant.pk).update(clock_ahead_s=ahead)


def consent_record(*, participant: Participant, occasion: str, text_digest: str, given: bool) -> Consent:
    """Store what a person consented to, by the digest of the very text they saw."""
    return Consent.objects.create(
        participant=participant, occasion=occasion, text_digest=text_digest, given=given
    )


@transaction.atomic
def participant_withdraw(*, participant: Participant, policy: str = "") -> Withdrawal:
    """Record that a person leaves, under the policy of the study unless another is given; repeating changes nothing.

    ``erase`` takes their identifiers at once; what they answered goes with the service of the app that holds it.
    """
    policy = policy or version_spec(participant.version_id).document["withdrawal"]["policy"]
    locked = Participant.objects.select_for_update().get(pk=participant.pk)
    withdrawal, is_new = Withdrawal.objects.get_or_create(
        participant=locked, defaults={"policy": policy, "step_index": locked.step_index}
    )
    if is_new:
        is_erased = withdrawal.policy == Withdrawal.Policy.ERASE
        locked.state = Participant.State.ERASED if is_erased else Participant.State.WITHDRAWN
        locked.save(update_fields=["state", "moved_at"])
        if is_erased:
            Identifier.objects.filter(participant=locked).delete()
        if not locked.is_simulated and hasattr(locked, "assignment"):
            attrition_watch(locked.version)
    participant.state = locked.state
    return withdrawal


@dataclass(frozen=True)
class Pay:
    """What a person has earned besides the base, with the counts that it follows from."""

    bonus: Decimal
    right: int = 0
    scored: int = 0
    prizes: int = 0


def completion_mint(*, participant: Participant, code: str = "", pay: Pay | None = None) -> Completion:
    """Store the completion of a person whose every answer was found; a study without a code of its own draws one.

    ``pay`` is ``None`` where nothing is paid.
    """
    earned = {} if pay is None else asdict(pay)
    return Completion.objects.get_or_create(
        participant=participant, defaults={"code": code or new_code(), **earned}
    )[0]


def _participant_new(
    *,
    version: StudyVersion,
    token: str,
    known: Sequence[Known],
    is_simulated: bool,
    policy: str,
    language: str,
) -> Participant:
    public_id = new_public_id()
    has_code = lets_back_by(version_spec(version.pk), CODE)
    participant = Participant.objects.create(
        version=version,
        public_id=public_id,
        resume_digest=token_digest(resume_code(public_id)) if has_code else None,
        token_digest=token_digest(token),
        is_simulated=is_simulated,
        policy=policy,
        language=language,
    )
    Identifier.objects.bulk_create(
        Identifier(participant=participant, version=version, kind=kind, value=value) for kind, value in known
    )
    return participant


def _participant_of(*, version: StudyVersion, known: Sequence[Known], token: str) -> Participant | None:
    for kind, value in known:
        found = Identifier.objects.filter(version=version, kind=kind, value=value).first()
        if found:
            return Participant.objects.get(pk=found.participant_id)
    return Participant.objects.filter(version=version, token_digest=token_digest(token)).first()


def _has_begun(participant: Participant) -> bool:
    at_door = participant.step_index == 0 and participant.attempt == 0
    return not at_door or participant.state != Participant.State.ENROLLED
