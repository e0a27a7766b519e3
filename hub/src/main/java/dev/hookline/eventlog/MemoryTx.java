package dev.hookline.eventlog;

/** A transaction on {@link MemoryEventLog}: it is over when the append returns. */
final class MemoryTx implements Tx {}
