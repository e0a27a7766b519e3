package dev.hookline.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and who we are there.
 *
 * @param jdbcUrl {@code jdbc:postgresql://host:port/database?parameters}, without user and password
 * @param user the role
 * @param password may be empty, for a server that asks for none
 */
public record DatabaseAddress(String jdbcUrl, String user, String password) {
    private static final Pattern URL = Pattern.compile(
            "(?:jdbc:postgresql|postgres(?:ql)?(?:\\+[a-zA-Z0-9_]+)?)://([^/?]*)(?:/([^?/@]*))?(?:\\?(.*))?",
            Pattern.DOTALL);
    private static final Pattern HOSTS = Pattern.compile("[^@\\s\\[\\]]*|\\[[0-9a-fA-F:.%]+](:[0-9]{1,5})?");
    private static final String FORMS = "Expected postgresql://user:password@host:5432/database"
            + " (also postgres://, postgresql+driver:// or jdbc:postgresql://)";

    /** libpq's names for what the JDBC driver calls otherwise. */
    private static final Map<String, String> JDBC_NAMES =
            Map.of("application_name", "ApplicationName", "connect_timeout", "connectTimeout");

    /**
     * Reads the forms that {@code psql}, SQLAlchemy and JDBC use:
     * {@code postgresql://user:password@host:port/database?parameters}, {@code postgres://},
     * {@code postgresql+asyncpg://} (any driver) and {@code jdbc:postgresql://}. What is missing is what libpq would
     * take: host {@code localhost}, port 5432, the user who runs the hub, a database of the user's name.
     *
     * @throws IllegalArgumentException when it is none of them; the message never shows any of the text
     */
    public static DatabaseAddress parse(String url) {
        Matcher matcher = URL.matcher(url.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("The database URL cannot be read. " + FORMS + ".");
        }
        String authority = matcher.group(1);
        int at = authority.lastIndexOf('@');
        String userInfo = at < 0 ? "" : authority.substring(0, at);
        int colon = userInfo.indexOf(':');
        Map<String, String> parameters = parameters(matcher.group(3));
        String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? "" : decode(userInfo.substring(colon + 1));
        user = firstFilled(user, parameters.remove("user"), System.getProperty("user.name"));
        password = firstFilled(password, parameters.remove("password"));
        String hosts = firstFilled(authority.substring(at + 1), "localhost");
        String database = firstFilled(decode(firstFilled(matcher.group(2))), parameters.remove("dbname"), user);
        return new DatabaseAddress(jdbcUrl(checkedHosts(hosts), database, parameters), user, password);
    }

    private static String checkedHosts(String hosts) {
        if (hosts.startsWith("%2F") || hosts.startsWith("%2f")) {
            throw new IllegalArgumentException(
                    "The database URL names a unix socket, which Java cannot use. Name a host and a port. " + FORMS
                            + ".");
        }
        boolean portsAreNumbers =
                hosts.startsWith("[") || hosts.matches("[^:,]*(:[0-9]{1,5})?(,[^:,]*(:[0-9]{1,5})?)*");
        if (!HOSTS.matcher(hosts).matches() || !portsAreNumbers) {
            throw new IllegalArgumentException("The database URL has no host and port that can be read. In user and"
                    + " password write / as %2F, ? as %3F, @ as %40. " + FORMS + ".");
        }
        return hosts;
    }

    private static String jdbcUrl(String hosts, String database, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(parameter -> encode(parameter.getKey()) + "=" + encode(parameter.getValue()))
                .collect(Collectors.joining("&"));
        return "jdbc:postgresql://" + hosts + "/" + encode(database) + (query.isEmpty() ? "" : "?" + query);
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : split(query)) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
            // asyncpg writes ssl=require where everybody else writes sslmode=require.
            boolean mode = name.equals("ssl") && !value.equals("true") && !value.equals("false") && !value.isEmpty();
            parameters.put(mode ? "sslmode" : JDBC_NAMES.getOrDefault(name, name), value);
        }
        return parameters;
    }

    private static List<String> split(@Nullable String query) {
        List<String> pairs = new ArrayList<>();
        if (query != null) {
            for (String pair : query.split("&", -1)) {
                if (!pair.isEmpty()) {
                    pairs.add(pair);
                }
            }
        }
        return pairs;
    }

    private static String firstFilled(@Nullable String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isEmpty()) {
                return candidate;
            }
        }
        return "";
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
        } catch (IllegalArgumentException secretInMessage) {
            throw new IllegalArgumentException(
                    "The database URL has a % that is not followed by two hexadecimal digits."
                            + " Write a % itself as %25.");
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    /** Host and database, without parameters (which may be secret too) and password. */
    @Override
    public String toString() {
        int query = jdbcUrl.indexOf('?');
        return (query < 0 ? jdbcUrl : jdbcUrl.substring(0, query)) + " as " + user + ", password ****";
    }
}
