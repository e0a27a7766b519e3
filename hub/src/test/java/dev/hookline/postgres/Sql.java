package dev.hookline.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** One statement on a connection of its own. */
final class Sql {
    private Sql() {}

    static void execute(DatabaseAddress address, String sql) {
        try (Database database = new Database(address, 1);
                Connection connection = database.direct().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static int number(DatabaseAddress address, String sql) {
        try (Database database = new Database(address, 1, Duration.ofSeconds(1))) {
            return database.jdbi()
                    .withHandle(handle ->
                            handle.createQuery(sql).mapTo(Integer.class).one());
        }
    }
}
