package dev.hookline.eventlog;

/** The transaction of an append. Only the storage knows what is inside. */
public sealed interface Tx permits PostgresTx, MemoryTx {}
