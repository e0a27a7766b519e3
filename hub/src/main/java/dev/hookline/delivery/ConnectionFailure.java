package dev.hookline.delivery;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.StreamResetException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says of an exception what kind of failure it is, and in words what went wrong with whom. */
final class ConnectionFailure {
    private ConnectionFailure() {}

    static SendResult.Failed of(Throwable failure, String where) {
        Throwable tls = find(failure, SSLException.class);
        if (tls != null) {
            return new SendResult.Failed(SendResult.TLS, "No TLS connection to " + where + ": " + tlsReason(tls));
        }
        if (find(failure, TooLongFrameException.class) != null
                || find(failure, Http2Exception.HeaderListSizeException.class) != null) {
            return new SendResult.Failed(
                    SendResult.TOO_LARGE, "The answer of " + where + " has headers of more than 8 KiB");
        }
        return switch (failure) {
            case UnknownHostException unknown ->
                new SendResult.Failed(
                        SendResult.DNS, "The name " + where + " does not resolve: " + unknown.getMessage());
            case ConnectException refused
            when isRefusal(refused) ->
                new SendResult.Failed(SendResult.CONNECTION_REFUSED, "No connection to " + where + ": it was refused");
            case SocketException reset -> error("The connection to " + where + " broke", reset);
            case ConnectionPoolTooBusyException busy -> error("No connection to " + where, busy);
            case StreamResetException reset ->
                new SendResult.Failed(
                        SendResult.CONNECTION_ERROR,
                        where + " reset the request, with the HTTP/2 code " + reset.getCode());
            default -> error("The connection to " + where + " broke", failure);
        };
    }

    private static SendResult.Failed error(String what, Throwable cause) {
        return new SendResult.Failed(SendResult.CONNECTION_ERROR, what + ": " + cause.getMessage());
    }

    private static boolean isRefusal(ConnectException failure) {
        return String.valueOf(failure.getMessage()).contains("refused");
    }

    private static String tlsReason(Throwable failure) {
        if (find(failure, CertificateExpiredException.class) != null) {
            return "its certificate has expired";
        }
        if (find(failure, CertificateNotYetValidException.class) != null) {
            return "its certificate is not valid yet";
        }
        String path = message(find(failure, CertPathValidatorException.class));
        if (path.contains("validity check failed")) {
            return "its certificate has expired, or is not valid yet";
        }
        String certificate = message(find(failure, CertificateException.class));
        if (certificate.contains("subject alternative") || certificate.contains("No name matching")) {
            return "its certificate is for another name";
        }
        if (certificate.contains("certification path") || message(failure).contains("certification path")) {
            return "its certificate is not from an authority that is trusted here";
        }
        return message(failure);
    }

    private static String message(@Nullable Throwable failure) {
        return failure == null ? "" : String.valueOf(failure.getMessage());
    }

    private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 10; depth++) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }
}
