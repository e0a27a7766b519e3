package dev.hookline.eventlog;

import java.sql.Connection;

/** A transaction on PostgreSQL, for the {@code Postgres…} classes that take part in an append. */
public record PostgresTx(Connection connection) implements Tx {}
