"""How the states of a reflection look wherever one is shown."""

from handbook.desktop.labels import Tone
from handbook.model.reflection import State

STATE_TONES = {
    State.DRAFT: Tone.NEUTRAL,
    State.WAITING: Tone.INFO,
    State.RECEIVED: Tone.INFO,
    State.OPENED: Tone.INFO,
    State.RETURNED: Tone.WARN,
    State.ACCEPTED: Tone.OK,
    State.WITHDRAWN: Tone.NEUTRAL,
}
