"""What the catalogue refuses, by name. Knows no HTTP: `routes/problems.py` gives each a status.

CatalogueError
├── NotFound
│   ├── NoSuchSource
│   ├── NoSuchSound
│   │   └── SoundDeleted
│   ├── NoSuchJob
│   ├── NoSuchTrigger
│   ├── NoSuchUpload
│   ├── NoSuchListener
│   ├── NotYours
│   ├── SoundHasNoAudio
│   └── JobHasNoAudio
├── VideoRefused
│   ├── NotAVideoAddress
│   ├── UnsupportedSite
│   ├── PlaylistNotSupported
│   ├── PrivateAddress
│   ├── VideoUnavailable
│   │   ├── VideoRemoved
│   │   ├── VideoGeoBlocked
│   │   └── VideoNeedsLogin
│   ├── VideoIsLive
│   ├── VideoTooLong
│   ├── VideoTooLarge
│   └── NoAudioInVideo
├── UploadRefused
│   ├── UploadTooLarge
│   ├── UnsupportedMediaType
│   └── EmptyUpload
├── BadQuery
│   ├── BadCursor
│   ├── BadSort
│   └── SettingOutOfRange
├── Conflict
│   ├── JobNotCancellable
│   ├── JobNotRetryable
│   ├── IdempotencyConflict
│   ├── UploadUnfinished
│   ├── UploadElsewhere
│   └── UploadBusy
├── AdminOnly
├── TooManyRequests
├── JobLost                 (a worker writes for a job that another has taken)
├── WorkerLost              (kept on a job whose workers died time after time)
├── CatalogueUnavailable    (database or broker away)
└── StorageError            (backend/storage.py)
    ├── NoSuchObject
    ├── StorageFull
    └── StorageUnavailable
"""

from backend.refusals import CatalogueError
from backend.storage import NoSuchObject, StorageError, StorageFull, StorageUnavailable

__all__ = [
    "AdminOnly",
    "BadCursor",
    "BadQuery",
    "BadSort",
    "CatalogueError",
    "CatalogueUnavailable",
    "Conflict",
    "EmptyUpload",
    "IdempotencyConflict",
    "JobHasNoAudio",
    "JobLost",
    "JobNotCancellable",
    "JobNotRetryable",
    "NoAudioInVideo",
    "NoSuchJob",
    "NoSuchListener",
    "NoSuchObject",
    "NoSuchSound",
    "NoSuchSource",
    "NoSuchTrigger",
    "NoSuchUpload",
    "NotAVideoAddress",
    "NotFound",
    "NotYours",
    "PlaylistNotSupported",
    "PrivateAddress",
    "SettingOutOfRange",
    "SoundDeleted",
    "SoundHasNoAudio",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "TooManyRequests",
    "UnsupportedMediaType",
    "UnsupportedSite",
    "UploadBusy",
    "UploadElsewhere",
    "UploadRefused",
    "UploadTooLarge",
    "UploadUnfinished",
    "VideoGeoBlocked",
    "VideoIsLive",
    "VideoNeedsLogin",
    "VideoRefused",
    "VideoRemoved",
    "VideoTooLarge",
    "VideoTooLong",
    "VideoUnavailable",
    "WorkerLost",
]


class NotFound(CatalogueError):
    """There is nothing here."""

    slug = "not-found"
    title = "Nothing here"


class NoSuchSource(NotFound):
    """There is no such source."""

    slug = "no-such-source"
    title = "No such source"


class NoSuchSound(NotFound):
    """There is no such sound."""

    slug = "no-such-sound"
    title = "No such sound"


class SoundDeleted(NoSuchSound):
    """This sound was deleted."""

    slug = "sound-deleted"
    title = "Sound deleted"


class NoSuchJob(NotFound):
    """There is no such job."""

    slug = "no-such-job"
    title = "No such job"


class NoSuchTrigger(NotFound):
    """There is no such trigger."""

    slug = "no-such-trigger"
    title = "No such trigger"


class NoSuchUpload(NotFound):
    """There is no such upload; unfinished ones are kept for a day."""

    slug = "no-such-upload"
    title = "No such upload"


class NoSuchListener(NotFound):
    """There is no such listener."""

    slug = "no-such-listener"
    title = "No such listener"


class NotYours(NotFound):
    """There is nothing here that is yours."""

    slug = "not-yours"
    title = "Nothing here"


class SoundHasNoAudio(NotFound):
    """This sound's audio is not in storage."""

    slug = "sound-has-no-audio"
    title = "No audio"


class JobHasNoAudio(NotFound):
    """This job has nothing to be heard: it makes no sound, or it ended without one."""

    slug = "job-has-no-audio"
    title = "No audio"


class VideoRefused(CatalogueError):
    """This video cannot be catalogued."""

    slug = "video-refused"
    title = "Video refused"


class NotAVideoAddress(VideoRefused):
    """This is not the web address of a video."""

    slug = "not-a-video-address"
    title = "Not a video address"


class UnsupportedSite(VideoRefused):
    """No way is known to fetch videos from this site."""

    slug = "unsupported-site"
    title = "Unsupported site"


class PlaylistNotSupported(VideoRefused):
    """This address is a playlist or a channel; submit its videos one by one."""

    slug = "playlist-not-supported"
    title = "Playlists are not supported"


class PrivateAddress(VideoRefused):
    """This address leads into a private network."""

    slug = "private-address"
    title = "Private address"


class VideoUnavailable(VideoRefused):
    """The site does not give this video out."""

    slug = "video-unavailable"
    title = "Video unavailable"


class VideoRemoved(VideoUnavailable):
    """The video is not there any more."""

    slug = "video-removed"
    title = "Video removed"


class VideoGeoBlocked(VideoUnavailable):
    """The video is not available in the server's country."""

    slug = "video-geo-blocked"
    title = "Video not available in this country"


class VideoNeedsLogin(VideoUnavailable):
    """The site shows this video only to people who are logged in."""

    slug = "video-needs-login"
    title = "Video needs a login"


class VideoIsLive(VideoRefused):
    """This is a live stream; submit its recording once it has ended."""

    slug = "video-is-live"
    title = "Live streams are not supported"


class VideoTooLong(VideoRefused):
    """The video is longer than this platform takes."""

    slug = "video-too-long"
    title = "Video too long"


class VideoTooLarge(VideoRefused):
    """The video's audio is larger than this platform takes."""

    slug = "video-too-large"
    title = "Video too large"


class NoAudioInVideo(VideoRefused):
    """The video has no sound."""

    slug = "no-audio-in-video"
    title = "No audio in the video"


class UploadRefused(CatalogueError):
    """This upload cannot be taken."""

    slug = "upload-refused"
    title = "Upload refused"


class UploadTooLarge(UploadRefused):
    """The upload is larger than this platform takes."""

    slug = "upload-too-large"
    title = "Upload too large"


class UnsupportedMediaType(UploadRefused):
    """This kind of file is not audio or video."""

    slug = "unsupported-media-type"
    title = "Unsupported media type"


class EmptyUpload(UploadRefused):
    """The uploaded file is empty."""

    slug = "empty-upload"
    title = "Empty upload"


class BadQuery(CatalogueError):
    """The question cannot be answered as it was asked."""

    slug = "bad-query"
    title = "Bad query"


class BadCursor(BadQuery):
    """This cursor was not given out for this list."""

    slug = "bad-cursor"
    title = "Bad cursor"


class BadSort(BadQuery):
    """There is no such order."""

    slug = "bad-sort"
    title = "Bad sort"


class SettingOutOfRange(BadQuery):
    """A knob is turned further than it goes."""

    slug = "setting-out-of-range"
    title = "Setting out of range"


class Conflict(CatalogueError):
    """The state of things does not allow this."""

    slug = "conflict"
    title = "Conflict"


class JobNotCancellable(Conflict):
    """This job has already ended."""

    slug = "job-not-cancellable"
    title = "Job already ended"


class JobNotRetryable(Conflict):
    """Only a job that failed or was cancelled can be tried again."""

    slug = "job-not-retryable"
    title = "Job cannot be tried again"


class IdempotencyConflict(Conflict):
    """This Idempotency-Key was used for a different request."""

    slug = "idempotency-conflict"
    title = "Idempotency-Key used before"


class UploadUnfinished(Conflict):
    """Not all of this file has arrived yet."""

    slug = "upload-unfinished"
    title = "Upload unfinished"


class UploadElsewhere(Conflict):
    """This upload goes on from another byte."""

    slug = "upload-elsewhere"
    title = "Upload goes on elsewhere"


class UploadBusy(Conflict):
    """Another connection is sending this upload."""

    slug = "upload-busy"
    title = "Upload busy"


class AdminOnly(CatalogueError):
    """Only the operator of this platform may do this."""

    slug = "admin-only"
    title = "Operator only"


class TooManyRequests(CatalogueError):
    """You are asking for more than your share; try again later."""

    slug = "too-many-requests"
    title = "Too many requests"


class JobLost(CatalogueError):
    """Another worker has taken this job, or it has ended."""

    slug = "job-lost"
    title = "Job lost"


class WorkerLost(CatalogueError):
    """The worker stopped in the middle of this job, several times."""

    slug = "worker-lost"
    title = "Worker lost"


class CatalogueUnavailable(CatalogueError):
    """The catalogue is away for a moment; try again soon."""

    slug = "catalogue-unavailable"
    title = "Catalogue unavailable"
