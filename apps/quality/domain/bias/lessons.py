"""What a reward model would learn from it, in a sentence."""

from .estimate import Words


class Lesson(Words):
    NOTHING = "A reward model would learn nothing of this from these judgments."
    TOO_WIDE = "Whether a reward model would learn this cannot be told yet: the interval is wide or missing."

    POSITION = (
        "A reward model sees no order, so this is noise to it: labels that follow the order and not the text teach it "
        "less, and its accuracy is bounded lower. Shuffled orders keep it from becoming a preference for one model."
    )
    LONG = "A reward model would pay for length: the shortest way to a higher reward is to say more."
    SHORT = "A reward model would pay for brevity: the shortest way to a higher reward is to say less."
    MORE = "A reward model would pay for more of this whatever is said: {mark}."
    LESS = "A reward model would take away for this whatever is said: {mark}."
    BY_LENGTH = "A reward model would pay for length here, and take this along with it: {mark}."
    ENTANGLED = "A reward model would learn this or length, and these judgments do not say which: {mark}."
    VIEW = (
        "A reward model sees raw text. What one view alone makes people prefer teaches it the screen, not the answer: judge in "
        "the view that readers will have."
    )
    TIRED_TIES = "Pairs that are tied out of tiredness are dropped in training: it learns less from late judgments."
    TIRED_NOISE = "Late judgments would teach a reward model more noise than early ones."
    HASTE = "Judgments that get quicker teach what a glance sees first, such as length and formatting."
    FRESH = "Nothing in this warns of tired or hasty judgments."
    SPEED = "Judgments that nobody can have read for teach what a glance sees first, such as length and formatting."
    PASTE = "A model that learns from pasted texts learns to write like their source, which may be another model."
    ONE_TASTE = "A reward model would learn one person's taste as if it were everybody's."
    MANY = "A reward model would learn from many hands, none of which decides."
    UNREAD = "A reward model would be asked about texts that nobody judged who can read them."
    NARROW = "A reward model would know little of what was judged seldom, or one person's view of it."
    WHOSE = "A reward model carries the preferences of those who judged; this says who they are, as far as they told."
