"""Cloud Storage on this machine: the real client, real signed URLs and real phones talk to it as to Google's.

    StorageServer       buckets and objects on disk behind the JSON and XML APIs     server.py, store/, api/
    FinalizeDelivery    "object finalized" events to a function, at least once      finalize.py
    service_account     the key of this machine that signs URLs                     service_account.py

Not part of it: object versions, access control lists, notifications, XML multipart uploads. Asking for them is
answered with 501, never with a pretence.
"""

from local.storage.finalize import FinalizeDelivery, RetryPolicy
from local.storage.resources import BucketSettings, CorsRule, ObjectMetadata
from local.storage.server import StorageServer, StorageServerError
from local.storage.service_account import ServiceAccount, ServiceAccountUnusable, service_account

__all__ = [
    "BucketSettings",
    "CorsRule",
    "FinalizeDelivery",
    "ObjectMetadata",
    "RetryPolicy",
    "ServiceAccount",
    "ServiceAccountUnusable",
    "StorageServer",
    "StorageServerError",
    "service_account",
]
