"""The bindings of advertising."""

from dishka import Provider, Scope


class AdvertisingProvider(Provider):
    scope = Scope.REQUEST
