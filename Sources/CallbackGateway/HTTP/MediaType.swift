/// What a body may be.
enum MediaType: String {
    case json = "application/json"
    case form = "application/x-www-form-urlencoded"
}
