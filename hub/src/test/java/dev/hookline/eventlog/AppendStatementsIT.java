package dev.hookline.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.catalogue.BusinessEvents;
import dev.hookline.intake.BusinessTypes;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import dev.hookline.records.PostgresRecords;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an append asks of the database, whatever the size of its batch: always the same statements. */
class AppendStatementsIT {
    private static final int[] SIZES = {1, 10, 500};

    private final Database database = TestDatabase.fresh();
    private final PostgresPartitions partitions = new PostgresPartitions(database.pool());
    private final List<String> asked = new ArrayList<>();
    private final PostgresEventLog log = new PostgresEventLog(
            database.pool(),
            counted(database.direct()),
            partitions,
            List.of(new PostgresRecords(database.pool(), new BusinessTypes(BusinessEvents.builtIn()))),
            Duration.ofDays(7));

    @AfterEach
    void close() {
        log.close();
        database.close();
    }

    /** Writes down the text of each statement that is sent. */
    private DataSource counted(DataSource source) {
        return proxy(DataSource.class, source, (_, method, arguments) -> {
            Object result = method.invoke(source, arguments);
            return result instanceof Connection db ? counted(db) : result;
        });
    }

    private Connection counted(Connection db) {
        return proxy(Connection.class, db, (_, method, arguments) -> {
            Object result = method.invoke(db, arguments);
            if (method.getName().equals("commit")) {
                asked.add("COMMIT");
            }
            return switch (result) {
                case PreparedStatement statement ->
                    counted(PreparedStatement.class, statement, String.valueOf(arguments[0]));
                case Statement statement -> counted(Statement.class, statement, "");
                case null, default -> result;
            };
        });
    }

    private <S extends Statement> S counted(Class<S> type, S statement, String prepared) {
        return proxy(type, statement, (_, method, arguments) -> {
            if (method.getName().startsWith("execute")) {
                asked.add(arguments == null ? prepared : String.valueOf(arguments[0]));
            }
            return method.invoke(statement, arguments);
        });
    }

    /** As the real one, also in what it throws. */
    private static <T> T proxy(Class<T> type, T real, InvocationHandler handler) {
        InvocationHandler unwrapping = (self, method, arguments) -> {
            try {
                return handler.invoke(self, method, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(real.getClass().getClassLoader(), new Class<?>[] {type}, unwrapping));
    }

    /** What is sent for batches of each size, after one that opened the connection. */
    private List<String> askedFor(IntFunction<AppendRequest> request) {
        partitions.make();
        append(IntStream.of(0).mapToObj(request).toList());
        Set<List<String>> sent = new HashSet<>();
        int next = 1;
        for (int size : SIZES) {
            asked.clear();
            append(IntStream.range(next, next + size).mapToObj(request).toList());
            next += size;
            sent.add(List.copyOf(asked));
        }
        assertThat(sent).as("what batches of 1, 10 and 500 send").hasSize(1);
        return sent.iterator().next();
    }

    private void append(List<AppendRequest> batch) {
        assertThat(log.append(batch)).isInstanceOf(CommitOutcome.Committed.class);
    }

    private static int statements(List<String> sent) {
        return sent.stream().mapToInt(sql -> sql.split(";\n", -1).length).sum();
    }

    @Test
    void eventsWithoutKeyAndRecordAreOneStatement() {
        List<String> sent = askedFor(i -> Events.request("default", "k" + i));

        assertThat(sent).hasSize(1);
        assertThat(statements(sent)).isEqualTo(1);
    }

    @Test
    void eventsWithKeysAndRecordsAreOneRoundTripOfTwoStatements() {
        List<String> sent = askedFor(i -> new AppendRequest(
                List.of(Events.withRecord("k" + i % 7, Operation.WRITE, "{\"n\":" + i + "}")), "key-" + i));

        assertThat(sent).hasSize(1);
        assertThat(statements(sent)).isEqualTo(2);
    }

    /** What a change means depends on the record before it: that is read first, under the lock. */
    @Test
    void eventsWhoseMeaningDependsOnTheirRecordsAskFirstInOneQuery() {
        List<String> sent = askedFor(i -> AppendRequest.of(new EventData(
                "default",
                "test",
                "order",
                null,
                "o" + i,
                Operation.WRITE,
                "order.write",
                Priority.MEDIUM,
                EventData.BUSINESS,
                Events.OCCURRED,
                null,
                "{\"status\":\"shipped\"}",
                "{\"status\":\"shipped\"}")));

        assertThat(sent).hasSizeBetween(3, 6);
        assertThat(sent.getFirst()).contains("log_head FOR UPDATE");
        assertThat(sent.getLast()).isEqualTo("COMMIT");
    }
}
