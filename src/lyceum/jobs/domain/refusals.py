"""What the task service refuses."""

from lyceum.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class TaskNotFound(NotFound):
    code = "jobs.task_not_found"
    text = "There is no such task of yours. Open the list of tasks."


class InvalidTransition(Conflict):
    """`task_status` is the status now; `action` is what was asked for."""

    code = "jobs.invalid_transition"
    text = "The task is {task_status} now, so this cannot be done: {action}. Read the task again."


class UnknownKind(Invalid):
    code = "jobs.unknown_kind"
    text = "There is no kind of task {kind}. Take one of: {kinds}."


class InvalidPayload(Invalid):
    code = "jobs.invalid_payload"
    text = "The payload is not one that a task of the kind {kind} takes. See errors."


class KindNotOffered(Forbidden):
    code = "jobs.kind_not_offered"
    text = "Tasks of the kind {kind} are made by the part of the product that needs them, not by this call."


class TooManyOpenTasks(Conflict):
    code = "jobs.too_many_open"
    text = "You have {limit} tasks that are not finished, which is the limit. Wait for some of them, or cancel some."


class UniqueKeyTaken(Conflict):
    code = "jobs.unique_key_taken"
    text = "An unfinished task has this unique_key already, and it is not this one. Wait until it is finished."


class IdempotencyMismatch(Invalid):
    code = "jobs.idempotency_mismatch"
    text = "This Idempotency-Key was used for another request. Send a new key, or the first request unchanged."


class DeadLetterNotFound(NotFound):
    code = "jobs.dead_letter_not_found"
    text = "There is no such dead letter. It may have been replayed or forgotten; read the list again."


class NotReplayable(Conflict):
    """`reason` is the code that the message was rejected with."""

    code = "jobs.not_replayable"
    text = (
        "The message was rejected as {reason} and would be again: it has no id of its own. Ask its sender for another."
    )


class BodyGone(Conflict):
    code = "jobs.body_gone"
    text = "Only the first 8 KiB of the message were kept, and the broker has it no more. Ask its sender for it again."


class MessageTooLarge(Invalid):
    code = "jobs.message_too_large"
    text = "The message has {size} bytes, and 262144 is the most. Upload a file and name it in the message."


class ReportNotFound(NotFound):
    code = "jobs.report_not_found"
    text = "There is no report of {day}. It is made when the day is over; operators can have it made for earlier days."
