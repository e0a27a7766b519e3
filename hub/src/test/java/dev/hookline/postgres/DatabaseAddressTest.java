package dev.hookline.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseAddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://ann:secret@db.test:5433/shop",
                "postgres://ann:secret@db.test:5433/shop",
                "postgresql+asyncpg://ann:secret@db.test:5433/shop",
                "postgresql+psycopg2://ann:secret@db.test:5433/shop",
                "jdbc:postgresql://ann:secret@db.test:5433/shop",
                "jdbc:postgresql://db.test:5433/shop?user=ann&password=secret",
                " postgresql://db.test:5433/shop?user=ann&password=secret\n"
            })
    void everyFormGivesTheSameAddress(String url) {
        assertThat(DatabaseAddress.parse(url))
                .isEqualTo(new DatabaseAddress("jdbc:postgresql://db.test:5433/shop", "ann", "secret"));
    }

    @Test
    void userPasswordAndDatabaseArePercentDecoded() {
        DatabaseAddress address = DatabaseAddress.parse("postgresql://a%40b:p%2Fw%25+%3A@h/d%20b");

        assertThat(address).isEqualTo(new DatabaseAddress("jdbc:postgresql://h/d+b", "a@b", "p/w%+:"));
    }

    @Test
    void anAtSignInThePasswordNeedNotBeEncoded() {
        assertThat(DatabaseAddress.parse("postgres://u:p@ss:w@h:1/d"))
                .isEqualTo(new DatabaseAddress("jdbc:postgresql://h:1/d", "u", "p@ss:w"));
    }

    @Test
    void parametersAreKeptUnderTheirJdbcNames() {
        DatabaseAddress address =
                DatabaseAddress.parse("postgresql://u@h/d?sslmode=require&application_name=a%20b&connect_timeout=3");

        assertThat(address.jdbcUrl())
                .isEqualTo("jdbc:postgresql://h/d?sslmode=require&ApplicationName=a+b&connectTimeout=3");
    }

    @Test
    void asyncpgsSslBecomesSslmode() {
        assertThat(DatabaseAddress.parse("postgresql+asyncpg://u@h/d?ssl=require")
                        .jdbcUrl())
                .isEqualTo("jdbc:postgresql://h/d?sslmode=require");
    }

    @Test
    void whatIsMissingIsWhatLibpqWouldTake() {
        String me = System.getProperty("user.name");

        assertThat(DatabaseAddress.parse("postgresql://"))
                .isEqualTo(new DatabaseAddress("jdbc:postgresql://localhost/" + me, me, ""));
        assertThat(DatabaseAddress.parse("postgresql://ann@h").jdbcUrl()).isEqualTo("jdbc:postgresql://h/ann");
    }

    @Test
    void ipv6AndSeveralHostsAreKept() {
        assertThat(DatabaseAddress.parse("postgresql://u@[::1]:5433/d").jdbcUrl())
                .isEqualTo("jdbc:postgresql://[::1]:5433/d");
        assertThat(DatabaseAddress.parse("postgresql://u@a:1,b:2/d").jdbcUrl())
                .isEqualTo("jdbc:postgresql://a:1,b:2/d");
    }

    @Test
    void toStringShowsNeitherPasswordNorParameters() {
        assertThat(DatabaseAddress.parse("postgresql://u:hunter2@h/d?sslpassword=hunter2"))
                .hasToString("jdbc:postgresql://h/d as u, password ****");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hunter2",
                "mysql://u:hunter2@h/d",
                "postgresql:u:hunter2@h/d",
                "postgresql://u:hunter2%zz@h/d",
                "postgresql://u:12/hunter2@h/d",
                "postgresql://u:hunter2@h:port/d",
                "postgresql://u:hunter2@%2Fvar%2Frun/d",
                "postgresql://u:hunter2@h h/d"
            })
    void whatCannotBeReadIsRefusedWithoutShowingIt(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DatabaseAddress.parse(url))
                .withMessageContaining("database URL")
                .withMessageNotContaining("hunter2")
                .withNoCause();
    }
}
