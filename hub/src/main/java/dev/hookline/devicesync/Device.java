package dev.hookline.devicesync;

/** A device of a user of a tenant. The id is its own; another user's device of the same id is another device. */
record Device(String tenant, long userId, String deviceId) {}
