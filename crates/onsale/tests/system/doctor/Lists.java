import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Of one thing, lets everybody do only some operations: BROKERS TYPE NAME OPERATION... */
class Lists {
    public static void main(String[] words) throws Exception {
        var what = new ResourcePattern(ResourceType.fromString(words[1]), words[2], PatternType.LITERAL);
        List<AclBinding> lists = new ArrayList<>();
        for (int place = 3; place < words.length; place++) {
            var operation = AclOperation.fromString(words[place]);
            lists.add(new AclBinding(what, new AccessControlEntry("User:*", "*", operation, AclPermissionType.ALLOW)));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", words[0]))) {
            admin.createAcls(lists).all().get();
        }
    }
}
