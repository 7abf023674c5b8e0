"""What accounts refuse, each with the way on."""

from lyceum.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class BadFields(Invalid):
    code = "accounts.bad_fields"
    text = "Some fields need a change; see errors for each of them."


class EmailTaken(Conflict):
    code = "accounts.email_taken"
    text = "There is an account with this e-mail already. Sign in, or use another address."


class WrongCredentials(Forbidden):
    """Answered with 401. Says nothing on which of the two was wrong."""

    code = "accounts.wrong_credentials"
    text = "The e-mail or the password is wrong. Check both, and the keyboard layout."


class WrongPassword(Forbidden):
    code = "accounts.wrong_password"
    text = "The present password is wrong, and nothing was changed. Enter it again."


class BadToken(Forbidden):
    """Answered with 401: credentials came with the request, and they are no good."""

    code = "accounts.bad_token"
    text = "The token or API key is not valid or has run out. Sign in again, or make a new key."


class SessionOver(Forbidden):
    """Answered with 401."""

    code = "accounts.session_over"
    text = "This session has ended, or its refresh token was used before. Sign in again."


class AccountDisabled(Forbidden):
    code = "accounts.disabled"
    text = "This account was switched off by an operator. Write to them to have it back."


class GuestRefused(Forbidden):
    code = "accounts.guest_refused"
    text = "Guests cannot do this. Sign up first; your progress stays with you."


class PersonOnly(Forbidden):
    code = "accounts.person_only"
    text = "An API key cannot do this. Sign in with e-mail and password."


class FormRefused(Forbidden):
    code = "accounts.csrf"
    text = "This form is out of date or came from another site. Reload the page and send it again."


class LinkSpent(Forbidden):
    code = "accounts.link_spent"
    text = "This link was used or has run out. Start the server again to get a new one."


class LastOperator(Conflict):
    code = "accounts.last_operator"
    text = "This is the last operator, and somebody has to be one. Make another user operator first."


class TooManyKeys(Conflict):
    code = "accounts.too_many_keys"
    text = "There are {limit} API keys already. Revoke one that is not used."


class UserNotFound(NotFound):
    code = "accounts.user_not_found"
    text = "There is no such user. Check the id or the e-mail."


class SessionNotFound(NotFound):
    code = "accounts.session_not_found"
    text = "There is no such session of yours; it may have ended already."


class ApiKeyNotFound(NotFound):
    code = "accounts.api_key_not_found"
    text = "There is no such API key of yours; it may have been revoked already."
