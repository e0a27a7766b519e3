package dev.hookline;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The rows of a statement as a table of text, much as {@code psql} prints them. */
final class SqlTable {
    private SqlTable() {}

    static String run(DataSource source, String sql) throws SQLException {
        try (Connection db = source.getConnection();
                Statement statement = db.createStatement()) {
            if (!statement.execute(sql)) {
                return statement.getUpdateCount() + " rows changed\n";
            }
            try (ResultSet rows = statement.getResultSet()) {
                return print(rows);
            }
        }
    }

    private static String print(ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        int count = columns.getColumnCount();
        int[] widths = new int[count];
        List<String[]> lines = new ArrayList<>();
        String[] names = new String[count];
        for (int i = 0; i < count; i++) {
            names[i] = columns.getColumnLabel(i + 1);
            widths[i] = names[i].length();
        }
        while (rows.next()) {
            String[] line = new String[count];
            for (int i = 0; i < count; i++) {
                String value = rows.getString(i + 1);
                line[i] = value == null ? "" : value;
                widths[i] = Math.max(widths[i], line[i].length());
            }
            lines.add(line);
        }
        StringBuilder text = new StringBuilder();
        append(text, names, widths);
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : "-+-").append("-".repeat(widths[i]));
        }
        text.append('\n');
        lines.forEach(line -> append(text, line, widths));
        return text.append('(')
                .append(lines.size())
                .append(lines.size() == 1 ? " row)\n" : " rows)\n")
                .toString();
    }

    private static void append(StringBuilder text, String[] cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            line.append(i == 0 ? "" : " | ").append(cells[i]).append(" ".repeat(widths[i] - cells[i].length()));
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
