internal import CLibRabbitMQ

/// The version of the librabbitmq that is in use at run time, such as `0.11.0`.
public func libRabbitMQVersion() -> String {
    unsafe amqp_version().map { unsafe String(cString: $0) } ?? ""
}
