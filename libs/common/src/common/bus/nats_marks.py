"""What the server writes beside a message: how often it was delivered, where it stands in its stream, since when."""

from datetime import datetime

from common.clock import SECOND, Instant

ACK_TOKENS = 9  # $JS.ACK.stream.consumer.delivered.stream_seq.consumer_seq.time.pending, without a domain


def delivery(reply: str) -> tuple[int, int, Instant]:
    """Read how often a message was delivered, its sequence and when it was stored.

    They stand in the address that its acknowledgement goes to. The client reads them too, but rounds the moment.
    """
    tokens = reply.split(".")
    first = 4 if len(tokens) == ACK_TOKENS else 6
    return int(tokens[first]), int(tokens[first + 1]), Instant(int(tokens[first + 3]))


def stored_at(text: str) -> Instant:
    whole, _, fraction = text.rstrip("Z").partition(".")
    at = datetime.fromisoformat(whole + "+00:00")
    return Instant(int(at.timestamp()) * SECOND + int(fraction.ljust(9, "0")[:9] or 0))
