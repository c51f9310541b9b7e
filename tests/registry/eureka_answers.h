#pragma once
// Answers of Eureka servers, in the shapes that each make writes. The data is made up.

#include <string>

namespace rollcall::registry::tests {

// GET /apps/NAME of a Spring Cloud server with two web applications. Members and types are those
// that Go and .NET clients logged and kept as fixtures from 2020 on: arrays, numbers in "$",
// timestamps as strings at the end, "overriddenStatus" (Netflix/eureka issue 1051).
inline std::string spring_answer() {
    return R"({"application":{"name":"SHOP","instance":[
  {"instanceId":"host-b:shop:8443","hostName":"host-b","app":"SHOP","ipAddr":"192.0.2.8",
   "status":"UP","overriddenStatus":"UNKNOWN","port":{"$":8080,"@enabled":"false"},
   "securePort":{"$":8443,"@enabled":"true"},"countryId":1,
   "dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo",
    "name":"MyOwn"},
   "leaseInfo":{"renewalIntervalInSecs":30,"durationInSecs":90,
    "registrationTimestamp":1700000000000,
    "lastRenewalTimestamp":1700000030000,"evictionTimestamp":0,"serviceUpTimestamp":1700000000000},
   "metadata":{"@class":"java.util.Collections$EmptyMap"},"homePageUrl":"https://host-b:8443/",
   "statusPageUrl":"https://host-b:8443/actuator/info",
   "healthCheckUrl":"https://host-b:8443/actuator/health",
   "vipAddress":"shop","secureVipAddress":"shop","isCoordinatingDiscoveryServer":"false",
   "lastUpdatedTimestamp":"1700000000000","lastDirtyTimestamp":"1700000000000",
   "actionType":"ADDED"},
  {"instanceId":"host-a:shop:8080","hostName":"host-a","app":"SHOP","ipAddr":"192.0.2.7",
   "status":"UP","overriddenStatus":"UNKNOWN","port":{"$":8080,"@enabled":"true"},
   "securePort":{"$":443,"@enabled":"false"},"countryId":1,
   "dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo",
    "name":"MyOwn"},
   "leaseInfo":{"renewalIntervalInSecs":5,"durationInSecs":15,
    "registrationTimestamp":1700000000000,
    "lastRenewalTimestamp":1700000030000,"evictionTimestamp":0,"serviceUpTimestamp":1700000000000},
   "metadata":{"zone":"east","management.port":"8081"},"homePageUrl":"http://host-a:8080/",
   "vipAddress":"shop","secureVipAddress":"shop","isCoordinatingDiscoveryServer":"false",
   "lastUpdatedTimestamp":"1700000000000","lastDirtyTimestamp":"1700000000000",
   "actionType":"ADDED"}]}})";
}

// Of Netflix's servers before 1.22, as the Go client fargo keeps them (tests/marshal_sample): one
// instance is an object, ports are strings, timestamps and booleans are none, there is no
// instanceId, and the host name may have a port.
inline std::string old_netflix_answer() {
    return R"({"application":{"name":"METRICS","instance":{
   "hostName":"192.0.2.9:7101","app":"METRICS","ipAddr":"192.0.2.9","status":"UP",
   "overriddenstatus":"UP","port":{"@enabled":"true","$":"7101"},
   "securePort":{"@enabled":"true","$":"7102"},"countryId":1,
   "dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo",
    "name":"MyOwn"},
   "leaseInfo":{"renewalIntervalInSecs":30,"durationInSecs":90,
    "registrationTimestamp":1400000000000,
    "lastRenewalTimestamp":1400000000000,"evictionTimestamp":0,"serviceUpTimestamp":1400000000000},
   "metadata":{"base-uri":"https://192.0.2.9:7101"},"vipAddress":"[]",
   "isCoordinatingDiscoveryServer":false,"lastUpdatedTimestamp":1400000000000,
   "lastDirtyTimestamp":1400000000000,"actionType":"MODIFIED"}}})";
}

// Of a server on Amazon's machines, in the shape of Netflix's own clients.
inline std::string amazon_answer() {
    return R"({"application":{"name":"MEDIA","instance":[{
   "instanceId":"i-0abc","hostName":"ec2-192-0-2-10.compute.example","app":"MEDIA",
   "ipAddr":"192.0.2.10","status":"UP","overriddenStatus":"UNKNOWN",
   "port":{"$":7001,"@enabled":"true"},"securePort":{"$":7002,"@enabled":"false"},
   "dataCenterInfo":{"@class":"com.netflix.appinfo.AmazonInfo","name":"Amazon",
    "metadata":{"instance-id":"i-0abc","availability-zone":"us-east-1c"}},
   "leaseInfo":{"renewalIntervalInSecs":30,"durationInSecs":90},
   "metadata":{},"asgName":"media-v001","appGroupName":"GROUP","vipAddress":"media:7001"}]}})";
}

// The same frame, with one web application whose status members are given.
inline std::string answer_with_status(const std::string& members) {
    return R"({"application":{"name":"SHOP","instance":[{"instanceId":"a","hostName":"a",
   "app":"SHOP","ipAddr":"192.0.2.7",)" +
           members + R"(,"port":{"$":8080,"@enabled":"true"}}]}})";
}

}  // namespace rollcall::registry::tests
