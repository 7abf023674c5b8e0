"""What advertising refuses. Its callers expect 400 for what is malformed, where the rest of the platform says 422."""

from lyceum.kernel.errors import AppError, Conflict, Forbidden, NotFound, Unreachable


class BadRequest(AppError):
    """Answered with 400."""


class ValidationFailed(BadRequest):
    """`reasons` names each faulty field and what it takes."""

    code = "advertising.validation_failed"
    text = "Validation failed: {reasons}"


class FrozenField(BadRequest):
    code = "advertising.frozen_field"
    text = (
        "Validation failed: {fields} cannot be changed after campaign start. Send the present value, or leave it out."
    )


class ForbiddenWords(BadRequest):
    code = "advertising.forbidden_words"
    text = "Profanity: {words} is not allowed in an ad. Say it in other words; nothing was changed."


class DayInThePast(BadRequest):
    code = "advertising.day_in_the_past"
    text = "Validation failed: current_date must not be before the present day, {today}. Send that day or a later one."


class ClockFollowsCalendar(Conflict):
    code = "advertising.clock_follows_calendar"
    text = "The day follows the calendar here and cannot be set. Set LYCEUM_ADVERTISING_CLOCK=manual to set it."


class RepeatedId(Conflict):
    code = "advertising.repeated_id"
    text = "The request conflicts with existing resource: {id} stands in it twice. Send each id once; nothing was kept."


class ClientNotFound(NotFound):
    code = "advertising.client_not_found"
    text = "There is no client {id}. Send the client to POST /clients/bulk first."


class AdvertiserNotFound(NotFound):
    code = "advertising.advertiser_not_found"
    text = "There is no advertiser {id}. Send the advertiser to POST /advertisers/bulk first."


class CampaignNotFound(NotFound):
    code = "advertising.campaign_not_found"
    text = "There is no campaign {id}. Look it up in the list of the advertiser's campaigns."


class NothingToShow(NotFound):
    code = "advertising.nothing_to_show"
    text = "There is no ad for this client today. Ask again when other campaigns run."


class NotShown(Forbidden):
    code = "advertising.not_shown"
    text = "This client has not been shown the ad, so there is nothing to click. Get an ad from GET /ads first."


class SponsorsClosed(Forbidden):
    code = "advertising.sponsors_closed"
    text = "Sponsors are admitted by operators here. Ask one for the role sponsor."


class SponsorshipEnded(Forbidden):
    code = "advertising.sponsorship_ended"
    text = "An operator has taken the role of a sponsor from you. Ask an operator to give it back; nothing was changed."


class AlreadySponsor(Conflict):
    code = "advertising.already_sponsor"
    text = "You are a sponsor with an advertiser already. Add others with POST /advertisers/bulk."


class NotAnImage(BadRequest):
    code = "advertising.not_an_image"
    text = "Validation failed: the file is no image that can be shown. Send a PNG, JPEG or WebP file."


class GeneratorUnreachable(Unreachable):
    code = "advertising.generator_unreachable"
    text = "The text generator does not answer right now. Try again in {retry_after} s, or write the text yourself."
