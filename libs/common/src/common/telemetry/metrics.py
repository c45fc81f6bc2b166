"""The metrics that every service has. Names begin with `pm_arb_` and end with their unit."""

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS_S = (
    0.0001, 0.0002, 0.0003, 0.0004, 0.0005, 0.0006, 0.0007, 0.0008, 0.0009, 0.001, 0.0012, 0.0014, 0.0016, 0.0018,
    0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
)  # fmt: skip
"""A tenth of a millisecond apart where a decision should lie, so that a quantile is not the width of its bucket."""
HOP_BUCKETS_S = (
    *(tenths / 10_000 for tenths in range(1, 101)), 0.0125, 0.015, 0.0175, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1,
    0.25, 0.5, 1, 2.5, 5, 10,
)  # fmt: skip
"""The same up to ten milliseconds, within which a frame has come to an order on a machine that is not busy."""

MESSAGES_REFUSED = Counter(
    "pm_arb_messages_refused_total", "Messages that were not what their subject carries", ["subject", "code"]
)
INPUTS = Counter("pm_arb_inputs_total", "Inputs that the core was given", ["service", "type"])
OUTCOMES = Counter("pm_arb_outcomes_total", "Outcomes that the core decided on", ["service", "type"])
DENIALS = Counter("pm_arb_risk_denials_total", "Opportunities that risk refused", ["rule"])
SHED = Counter(
    "pm_arb_inputs_shed_total", "Market data dropped or replaced because the core was behind", ["service", "why"]
)
PUBLISH_RETRIES = Counter(
    "pm_arb_publish_retries_total", "Durable publications that had to be tried again", ["service"]
)
DECIDE_SECONDS = Histogram(
    "pm_arb_decide_seconds", "Time to decide on one input", ["service"], buckets=LATENCY_BUCKETS_S
)
HOP_SECONDS = Histogram(
    "pm_arb_hop_seconds",
    "From the exchange's frame coming in to this service having decided",
    ["service", "outcome"],
    buckets=HOP_BUCKETS_S,
)
AGE_SECONDS = Histogram(
    "pm_arb_input_age_seconds",
    "How old data from outside was when the core had dealt with it, from its frame coming in",
    ["service", "type"],
    buckets=LATENCY_BUCKETS_S,
)
LEASE = Gauge("pm_arb_lease_held", "1 while this replica is the one that may act", ["service"])
READY = Gauge("pm_arb_ready", "1 when the service can do its job", ["service"])
STATE = Gauge("pm_arb_state", "1 for the life-cycle state the service is in", ["service", "state"])
FIGURE = Gauge("pm_arb_figure", "Figures that a service reports of itself", ["service", "name"])
INBOX_WAITING = Gauge("pm_arb_inbox_waiting", "Inputs that wait for the core", ["service"])
EVENT_LOOP_LAG_SECONDS = Histogram(
    "pm_arb_event_loop_lag_seconds",
    "How much later than asked the event loop came round, which every message waits too",
    ["service"],
    buckets=LATENCY_BUCKETS_S,
)


class Following:
    """Makes a counter with one label follow a tally that a core keeps: what was added since the last look is added."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._seen: dict[str, int] = {}

    def follow(self, tally: Mapping[str, int]) -> None:
        """Look at the tally as it stands now; one that fell was begun anew, and counts from nothing."""
        for name, count in tally.items():
            before = self._seen.get(name, 0)
            self._counter.labels(name).inc(count - before if count >= before else count)
            self._seen[name] = count
