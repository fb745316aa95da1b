"""What people think, and whether they would say so when asked.

The score is a sum of effects and noise, rounded to 1–10. Its level is set so that the *replies* of those
who can be asked have the published means, by route and by whether the customer was shown how to do it
alone; everything else (topics, partners, agents, waiting, solved at first contact) falls out of the
effects. Those who are very pleased or very displeased answer a little more often, as people do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo import world
from demo.history import Contacts, Customers, Flags, Floats, Ints

SOLVED_GAP = 3.0  # score points between solved at first contact and not: the strongest of all effects
NOISE = 1.55  # standard deviation of what nothing explains
AGENT_SPREAD = 0.28  # standard deviation between agents of one partner
WILLING = 0.38  # share who answer an SMS, before channel and feelings


@dataclass(frozen=True)
class Opinions:
    """One position per contact."""

    score: Ints  # 1–10, what the customer would say
    guided: Flags  # was shown how to do it alone next time
    self_help: Ints  # 1–10, how pleased with the website or app
    phone_known: Flags  # the contact comes with a phone number
    identified: Flags  # … with a customer number
    replies: Flags  # would answer the SMS with a score


def index_to_score(index: float) -> float:
    """The mean score (1–10) of a csat index (0–100)."""
    return 1 + index * 9 / 100


def draw_opinions(contacts: Contacts, customers: Customers, rng: np.random.Generator) -> Opinions:
    """Opinions calibrated on the published figures (world.CSAT_INDEX, world.GUIDANCE_GAP)."""
    number = len(contacts.topic)
    hours = [world.HOURS[name] for name in world.CHANNELS]
    phone_known = rng.random(number) < np.array([h.phone_known for h in hours])[contacts.channel]
    identified = customers.known[contacts.customer] & (rng.random(number) < 0.98)
    guided_more = np.array([p.guided for p in world.PARTNERS])[contacts.partner]
    guided = rng.random(number) < world.GUIDED + guided_more - guided_more.mean()

    feeling = _effects(contacts, rng) + rng.normal(0, NOISE, number)
    willing = WILLING * np.array([h.replies for h in hours])[contacts.channel]
    reached = contacts.answered & ~contacts.automatic & phone_known
    chance = rng.random(number)
    level = np.zeros(number)
    for _ in range(40):  # rounding and clipping bend the means; small steps find the level
        score = np.clip(np.rint(feeling + level), 1, 10)
        replies = reached & (chance < willing * np.where((score <= 3) | (score >= 9), 1.12, 0.95))
        for name, index in world.CSAT_INDEX.items():
            here = contacts.route == (name == "self_service_first")
            level += _correction(score, here, guided, replies, index_to_score(index))
    self_help = np.clip(np.rint(rng.normal(5.9, 2.2, number) + 0.15 * (score - 6)), 1, 10)
    return Opinions(
        score.astype(np.int64), guided, self_help.astype(np.int64), phone_known, identified, replies
    )


def _correction(score: Floats, route: Flags, guided: Flags, replies: Flags, mean: float) -> Floats:
    """What brings the replies of one route to their mean, with the guidance gap around that mean."""
    share = float(guided[route & replies].mean()) if (route & replies).any() else world.GUIDED
    gap = world.GUIDANCE_GAP * 9 / 100
    correction = np.zeros(len(score))
    for cell, target in ((route & guided, mean + (1 - share) * gap), (route & ~guided, mean - share * gap)):
        said = score[cell & replies]
        if len(said):
            correction[cell] = target - said.mean()
    return correction


def _effects(contacts: Contacts, rng: np.random.Generator) -> Floats:
    sizes = [len(world.agents(partner)) for partner in world.PARTNERS]
    # Around zero within each partner, so that chance makes no partner better than it is meant to be.
    drawn = [rng.normal(0, AGENT_SPREAD, size) for size in sizes]
    agents = np.concatenate([each - each.mean() for each in drawn])
    came_back = contacts.first != np.arange(len(contacts.topic))
    effects: Floats = (
        6.5
        + np.where(contacts.solved, 0.3, 0.3 - 1) * SOLVED_GAP
        + np.array([t.effect for t in world.TOPICS])[contacts.topic]
        + np.array([p.effect for p in world.PARTNERS])[contacts.partner]
        + agents[contacts.agent_code]
        - 0.12 * np.log1p(contacts.wait_s / 30)
        - np.where(came_back, 0.5, 0.0)
    )
    return effects
